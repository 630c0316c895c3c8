// What a password has to be. Length is what protects it; the rest keeps out what is guessed first. Pure.

export const passwordRule = 'A password has 12 to 200 characters, at least 6 different ones, and does not contain your name.';

const lengthMin = 12;
const differentMin = 6;

/** Why this cannot be somebody's password, as the rule that it breaks. */
export function problemOfPassword(password: string, name: string): string | undefined {
  const characters = [...password.normalize('NFKC')];
  // A name of one or two characters stands in many a good password by chance.
  const contains = [...name].length > 2 && foldedCase(password).includes(foldedCase(name));
  const sound = characters.length >= lengthMin && new Set(characters).size >= differentMin && !contains;
  return sound ? undefined : passwordRule;
}

/** Names that differ in case or in width of their letters only are the same name. */
export function foldedCase(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}
