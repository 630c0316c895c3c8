// Lengths of time as XML writes them (xs:duration).

const form = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/;
/** In days: years and months are as long as they are on average. */
const parts = [365.25, 30.44, 1, 1 / 24, 1 / 1440, 1 / 86_400];

/** `P30DT0H` is 30. Undefined for anything that is no duration. */
export function readDurationDays(text: string | undefined): number | undefined {
  const found = form.exec(text?.trim() ?? '')?.slice(1);
  if (found === undefined || found.every((part) => part === undefined)) return undefined;
  return found.reduce((days, part, index) => days + Number(part ?? 0) * (parts[index] ?? 0), 0);
}
