/**
 * Functions of their own text. V8 treats captured arrays as constants only in the single closure of a function: a
 * hand-written loop that were opened twice from one text would be three times slower for no fault of its own.
 */

let made = 0

/** The same function, made from its text once more. It must not use anything from outside its own text. */
export function fresh<A extends readonly unknown[], R>(make: (...args: A) => R): (...args: A) => R {
  made++
  return new Function(`'use strict'; return (${make}) // ${made}`)()
}
