import assert from "node:assert/strict";
import { test } from "node:test";
import { printable } from "#shared/printable.ts";

test("nothing that a terminal obeys is left, everything that it shows is", () => {
  assert.equal(printable("\u001b]0;title\u0007a\rb\u009b2J\u007f"), "�]0;title�a�b�2J�");
  assert.equal(printable("two\n\tlines, é 漢 🙂"), "two\n\tlines, é 漢 🙂");
});
