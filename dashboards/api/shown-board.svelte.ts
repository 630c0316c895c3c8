// The live board as a component draws it.
import type { BoardView } from './board-view.ts';
import type { LiveBoard } from './live-board.ts';

// Changes that come in one burst are drawn together.
const togetherMs = 50;

/** To be called while a component is made; keeps the board running for as long as the component lives. */
export function showBoard(board: LiveBoard): { readonly view: BoardView } {
  let view = $state.raw(board.view());
  $effect(() => {
    const life = new AbortController();
    let isDue = false;
    const unsubscribe = board.subscribe(() => {
      if (isDue) return;
      isDue = true;
      setTimeout(() => {
        isDue = false;
        view = board.view();
      }, togetherMs);
    });
    void board.run(life.signal);
    return () => {
      unsubscribe();
      life.abort();
    };
  });
  return {
    get view() {
      return view;
    },
  };
}
