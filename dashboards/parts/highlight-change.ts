// Draws the eye, calmly and once, to a row whose content has changed.
import type { Attachment } from 'svelte/attachments';

const before = new WeakMap<Element, string>();

/** Attach with whatever the row is about; the row lights up when that becomes another, not when the row appears. */
export function highlightChange(content: string): Attachment<HTMLElement> {
  return (row) => {
    const previous = before.get(row);
    before.set(row, content);
    if (previous === undefined || previous === content || matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    row.animate([{ backgroundColor: 'var(--highlight)' }, {}], { duration: 2500, easing: 'ease-out' });
  };
}
