// How often the time written into a picture is read rightly, not at all, or wrongly, over fonts, sizes, colours and backgrounds.
import { readClock } from '../../gateway/overlay-clock/read-clock.ts';
import { fonts, type WrittenClock, writeClock } from '../../test/simulators/written-clocks.ts';
import type { Figure } from './figure.ts';

const backgroundNames: WrittenClock['background'][] = ['dark', 'grey', 'bright', 'busy', 'noisy'];

export async function overlayClocks(say: (line: string) => void): Promise<Figure[]> {
  const read = { right: 0, none: 0, wrong: 0 };
  let pictures = 0;
  let microseconds = 0;
  for (const clock of writtenClocks()) {
    const before = { ...read };
    for (const { margin, shows } of await writeClock(clock)) {
      const began = process.cpuUsage();
      const text = readClock([margin])?.text;
      const { user, system } = process.cpuUsage(began);
      microseconds += user + system;
      pictures += 1;
      read[text === undefined ? 'none' : text === shows ? 'right' : 'wrong'] += 1;
    }
    const { font, size, style, background } = clock;
    say(`${font} ${size}, ${style} on ${background}: ${read.right - before.right} right, ${read.wrong - before.wrong} wrong`);
  }
  const percent = (count: number) => Math.round((1000 * count) / pictures) / 10;
  return [
    { metric: `overlay clock read rightly (of ${pictures})`, value: percent(read.right), unit: '%', goal: '>=70' },
    { metric: `overlay clock read wrongly (of ${pictures})`, value: percent(read.wrong), unit: '%', goal: '<=0' },
    { metric: 'reading one margin, CPU', value: Math.round(microseconds / 100 / pictures) / 10, unit: 'ms', goal: '<=60' },
  ];
}

function writtenClocks(): WrittenClock[] {
  return fonts.flatMap((font) =>
    [24, 36, 52].flatMap((size) =>
      backgroundNames.flatMap((background) => {
        const styles: WrittenClock['style'][] = background === 'bright' ? ['outlined', 'black'] : ['outlined', 'white'];
        return styles.map((style) => ({ font, size, style, background, date: '2026-11-25  ' as const }));
      }),
    ),
  );
}
