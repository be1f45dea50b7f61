import { isDecimal, sumOfDecimals, valueOfDigits } from "../../../../lib/model/text/digits.ts";
import { assertEquals } from "../../../support/assert.ts";

Deno.test("isDecimal() takes digits only", () => {
  assertEquals(["0", "0123456789", "18446744073709551615"].filter(isDecimal).length, 3);
  assertEquals(["", "-", "-1", "1.5", " 1", "1x", "/", ":"].filter(isDecimal), []);
});

Deno.test("valueOfDigits() reads a part of a text", () => {
  assertEquals([valueOfDigits("999999999999999"), valueOfDigits("ab0042cd", 2, 6)], [999_999_999_999_999, 42]);
});

Deno.test("sumOfDecimals() is exact as long as a double is, however many and large the numbers are", () => {
  assertEquals(sumOfDecimals([]), 0);
  assertEquals(sumOfDecimals(["0", "4096", "1"]), 4097);
  assertEquals(sumOfDecimals(["9007199254740990", "1"]), Number.MAX_SAFE_INTEGER);
  const small = [...new Array<string>(10).fill("999999999999999"), ...new Array<string>(1000).fill("1")];
  assertEquals(sumOfDecimals(small), 10_000_000_000_000_990);
  const large = ["18446744073709551615", "18446744073709551615", ...new Array<string>(1000).fill("999999999999999")];
  assertEquals(sumOfDecimals(large), Number(2n * (2n ** 64n - 1n) + 1000n * 999_999_999_999_999n));
});
