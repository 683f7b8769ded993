/**
 * Text as string search compares it: without case, accents, punctuation or spaces, so that `Jean-Pierre` finds
 * `JEAN PIERRE` and `d’Arc` finds `D Arc`. https://hl7.org/fhir/R4/search.html#string
 */

const PLAIN = /^[a-zA-Z0-9]*$/;
/** ASCII that Unicode calls punctuation, spaces, controls or modifier symbols (`^` and the backtick). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are among what is dropped
const ASCII_DROPPED = /[\u0000-#%-*,-/:;?@[-`{}\u007f]+/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: this asks whether the text is ASCII
const ASCII = /^[\u0000-\u007f]*$/;
/** Marks, punctuation, spaces, controls, and the letter-like apostrophes and primes (U+02B9 to U+02BF). */
const DROPPED = /[\p{M}\p{P}\p{Z}\p{Sk}\p{C}\u02b9-\u02bf]+/gu;

/** Letters that are not a base letter with a mark, so that decomposition leaves them as they are. */
const LETTERS: Readonly<Record<string, string>> = {
  œ: 'oe',
  æ: 'ae',
  ß: 'ss',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
  ħ: 'h',
  ŧ: 't',
  ŋ: 'n',
  ı: 'i',
  ĸ: 'k',
  ς: 'σ',
};
const SPECIAL = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');

/** The folded form; '' when the text holds nothing but what folding drops. */
export function fold(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  if (ASCII.test(text)) return text.replace(ASCII_DROPPED, '').toLowerCase();
  // Compatibility decomposition also opens the ligatures of typography (U+FB01) and full-width letters.
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(DROPPED, '')
    .replace(SPECIAL, (letter) => LETTERS[letter] ?? letter);
}
