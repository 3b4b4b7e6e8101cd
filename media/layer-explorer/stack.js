import { el, shown } from './dom.js';
import { cardOf, sliceOf } from './stack-parts.js';

/**
 * The layers, the top one on top: a column drawn to scale of their size, and a card for each. The
 * column answers "where do the bytes come from", the cards "what made them".
 */
export class Stack {
  root = el('section', 'stack');
  selected = -1;
  #layers = [];
  #parts = new Map();
  #onSelect;
  #title = el('h1');
  #subtitle = el('p', 'subtitle');
  #core = el('div', 'core');
  #cards = el('div', 'cards');

  constructor(onSelect) {
    this.#onSelect = onSelect;
    const head = el('header');
    head.append(this.#title, this.#subtitle);
    const body = el('div', 'stack-body');
    this.#core.setAttribute('aria-hidden', 'true');
    this.#cards.setAttribute('role', 'listbox');
    this.#cards.setAttribute('aria-label', 'Layers, the top one first');
    this.#cards.tabIndex = 0;
    this.#cards.addEventListener('keydown', (event) => this.#onKey(event));
    body.append(this.#core, this.#cards);
    this.root.append(head, body);
  }

  layer(position) {
    return this.#layers[position];
  }

  show(stack) {
    this.#layers = stack.layers;
    this.#title.textContent = shown(stack.title);
    this.#subtitle.textContent = shown(stack.subtitle);
    this.#parts.clear();
    const largest = Math.max(1, ...stack.layers.map((layer) => layer.size));
    for (const layer of stack.layers.toReversed()) this.#add(layer, largest);
    const parts = Array.from(this.#parts.values());
    this.#core.replaceChildren(...parts.map(({ slice }) => slice));
    this.#cards.replaceChildren(...parts.map(({ card }) => card));
  }

  select(position) {
    const chosen = this.#parts.get(position);
    if (chosen === undefined) return;
    this.selected = position;
    for (const part of this.#parts.values()) {
      part.card.setAttribute('aria-selected', String(part === chosen));
      part.slice.classList.toggle('selected', part === chosen);
    }
    this.#cards.setAttribute('aria-activedescendant', chosen.card.id);
    chosen.card.scrollIntoView({ block: 'nearest' });
    this.#onSelect(position);
  }

  #add(layer, largest) {
    const part = { slice: sliceOf(layer), card: cardOf(layer, largest) };
    const near = (on) => {
      part.slice.classList.toggle('near', on);
      part.card.classList.toggle('near', on);
    };
    for (const element of [part.slice, part.card]) {
      element.addEventListener('click', () => this.select(layer.position));
      element.addEventListener('pointerenter', () => near(true));
      element.addEventListener('pointerleave', () => near(false));
    }
    this.#parts.set(layer.position, part);
  }

  #onKey(event) {
    const last = this.#layers.length - 1;
    const places = { ArrowUp: this.selected + 1, ArrowDown: this.selected - 1, Home: last, End: 0 };
    const next = places[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.select(Math.max(0, Math.min(last, next)));
  }
}
