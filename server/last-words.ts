// What stands retained for a gateway has to be what the servers know last: of two servers that speak at the same time, the older word may come to stand.
import type { Publish } from './broker.ts';

export interface LastWords {
  /** Publishes `message`, retained. `gist`: what of it counts. */
  say(topic: string, gist: string, message: object): Promise<void>;
  /**
   * To be called once this server knows what all others have stored. Says it again where its own last word is not that any more; where it is, no older one
   * can come any more, and the topic is left to whoever speaks next.
   */
  correct(topic: string, gist: string, message: () => object): Promise<void>;
}

export function createLastWords(publish: Publish): LastWords {
  const said = new Map<string, string>();
  const say = async (topic: string, gist: string, message: object) => {
    await publish(topic, message);
    // Only now: what is still on its way could come to stand after what is compared with it.
    said.set(topic, gist);
  };
  return {
    say,
    correct: async (topic, gist, message) => {
      const last = said.get(topic);
      if (last === gist) said.delete(topic);
      else if (last !== undefined) await say(topic, gist, message());
    },
  };
}
