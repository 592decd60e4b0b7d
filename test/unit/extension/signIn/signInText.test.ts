import assert from "node:assert/strict";
import { test } from "node:test";
import { signInText } from "#extension/signIn/signInText.ts";

const request = {
  host: "images.example",
  image: "images.example/team/app",
  reason: "the registry images.example requires authentication",
  isRefusal: false,
  isPlain: false,
};

test("the question names host, image and reason", () => {
  const { title, why } = signInText(request);
  assert.equal(title, "Sign in to images.example");
  assert.equal(
    why,
    "images.example/team/app: the registry images.example requires authentication.",
  );
});

test("it says what was refused, and that others could read along", () => {
  const { why } = signInText({ ...request, reason: "refused", isRefusal: true, isPlain: true });
  assert.equal(why, "refused. Try again. What you type is sent unencrypted.");
});
