// Stands in for modules that the bundles must not contain.
module.exports = {};
