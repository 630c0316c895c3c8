// Who waits for whom.
import { expect, test } from 'vitest';
import { createTurns } from '../../server/turns.ts';

/** Work that is over when it is told to be, and notes down when it begins. */
function workshop() {
  const turns = createTurns();
  const begun: string[] = [];
  const works = new Map<string, PromiseWithResolvers<string>>();
  const work = (name: string) => () => {
    begun.push(name);
    const going = Promise.withResolvers<string>();
    works.set(name, going);
    return going.promise;
  };
  return {
    begun,
    about: (canteens: string[], name: string) => turns.about(canteens, work(name)),
    alone: (name: string) => turns.alone(work(name)),
    end: (name: string) => works.get(name)?.resolve(name),
    fail: (name: string) => works.get(name)?.reject(new Error(name)),
  };
}

/** Whatever can begin has begun by then. */
const turn = () => new Promise(setImmediate);

test('what is about different canteens goes on side by side, and of one canteen one after the other', async () => {
  const { begun, about, end } = workshop();
  const done = [about(['a', 'b'], 'first'), about(['c'], 'beside'), about(['b', 'c'], 'after both')];
  await turn();
  expect(begun).toEqual(['first', 'beside']);
  end('beside');
  await turn();
  expect(begun).toEqual(['first', 'beside']);
  end('first');
  await turn();
  expect(begun).toEqual(['first', 'beside', 'after both']);
  end('after both');
  expect(await Promise.all(done)).toEqual(['first', 'beside', 'after both']);
});

test('what has to be alone waits for all before it, and all after it wait for it', async () => {
  const { begun, about, alone, end } = workshop();
  const done = [about(['a'], 'one'), about([], 'other'), alone('alone'), about(['c'], 'later'), alone('last')];
  await turn();
  expect(begun).toEqual(['one', 'other']);
  for (const name of ['one', 'other', 'alone', 'later', 'last']) {
    end(name);
    await turn();
  }
  expect(begun).toEqual(['one', 'other', 'alone', 'later', 'last']);
  expect(await Promise.all(done)).toEqual(['one', 'other', 'alone', 'later', 'last']);
});

test('who comes after one that fails begins all the same', async () => {
  const { begun, about, alone, end, fail } = workshop();
  const failed = about(['a'], 'first');
  const next = about(['a'], 'next');
  await turn();
  fail('first');
  await expect(failed).rejects.toThrow('first');
  const last = alone('last');
  await turn();
  fail('next');
  await expect(next).rejects.toThrow('next');
  await turn();
  end('last');
  expect(await last).toBe('last');
  expect(begun).toEqual(['first', 'next', 'last']);
});
