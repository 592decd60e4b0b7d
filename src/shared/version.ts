/** Version of the product, equal to package.json's; the build checks it. */
export const version = "0.1.0";
