import { el } from './dom.js';
import {
  filterOf,
  firstOpen,
  hasChildren,
  matchRows,
  parentOf,
  pathOf,
  rowOfPath,
  visibleRows,
} from './rows.js';
import { lineOf } from './tree-line.js';

const rowHeight = 22;
/** Lines drawn above and below what is in sight, so that scrolling shows no gap. */
const spare = 12;

/**
 * The file tree. Only the lines in sight exist as elements, so a tree of 100,000 files scrolls like
 * one of ten. `on.select(path)` follows the selection, `on.open(path, focus)` a click or Enter.
 */
export class Tree {
  root = el('div', 'tree');
  #on;
  #spacer = el('div', 'spacer');
  #lines = el('div', 'lines');
  #rows;
  #open = new Set();
  #filter;
  #match;
  #visible = [];
  #selected = -1;
  #showLayers = false;

  constructor(on) {
    this.#on = on;
    this.root.tabIndex = 0;
    this.root.setAttribute('role', 'tree');
    this.root.setAttribute('aria-label', 'Files of the layer');
    this.root.append(this.#spacer, this.#lines);
    this.root.addEventListener('scroll', () => this.#draw(), { passive: true });
    // The panel gets narrower when a file opens beside it: the selected line stays in sight.
    new ResizeObserver(() => {
      this.#reveal();
      this.#draw();
    }).observe(this.root);
    this.root.addEventListener('click', (event) => this.#onClick(event));
    this.root.addEventListener('keydown', (event) => {
      if (this.#rows === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.#move(event.key) || this.#act(event.key)) event.preventDefault();
    });
  }

  /** How many entries the filter found; undefined without a filter. */
  get matches() {
    return this.#match?.matches;
  }

  /** Shows a layer; `path` stays selected where the layer has it too. */
  show(rows, { showLayers, path, filter }) {
    this.#rows = rows;
    this.#showLayers = showLayers;
    this.#filter = filterOf(filter);
    this.#open = firstOpen(rows);
    this.#selected = path === undefined ? -1 : rowOfPath(rows, path);
    for (let i = this.#selected; i >= 0; i = parentOf(rows, i)) {
      if (i !== this.#selected) this.#open.add(i);
    }
    this.root.scrollTop = 0;
    this.#layOut();
    this.#reveal();
  }

  filter(text) {
    this.#filter = filterOf(text);
    this.root.scrollTop = 0;
    this.#layOut();
  }

  openAll(wanted) {
    this.#open = new Set();
    const count = wanted ? (this.#rows?.names.length ?? 0) : 0;
    for (let i = 0; i < count; i += 1) if (hasChildren(this.#rows, i)) this.#open.add(i);
    this.#layOut();
  }

  clear() {
    this.#rows = undefined;
    this.#visible = [];
    this.#selected = -1;
    this.#spacer.style.height = '0';
    this.#lines.replaceChildren();
  }

  #layOut() {
    if (this.#rows === undefined) return;
    this.#match = this.#filter === undefined ? undefined : matchRows(this.#rows, this.#filter);
    this.#visible = visibleRows(this.#rows, (i) => this.#open.has(i), this.#match?.kept);
    this.#spacer.style.height = `${this.#visible.length * rowHeight}px`;
    this.#draw();
  }

  #draw() {
    if (this.#rows === undefined) return;
    const from = Math.max(0, Math.floor(this.root.scrollTop / rowHeight) - spare);
    const count = Math.ceil(this.root.clientHeight / rowHeight) + 2 * spare;
    const lines = this.#visible.slice(from, from + count).map((i) => this.#line(i));
    this.#lines.style.transform = `translateY(${from * rowHeight}px)`;
    this.#lines.replaceChildren(...lines);
    this.root.setAttribute('aria-activedescendant', this.#selected < 0 ? '' : `row-${this.#selected}`);
  }

  #line(i) {
    return lineOf(this.#rows, i, {
      selected: i === this.#selected,
      open: this.#isOpen(i),
      match: this.#match?.kept[i] === 2,
      showLayers: this.#showLayers,
    });
  }

  #isOpen(i) {
    return hasChildren(this.#rows, i) && (this.#open.has(i) || this.#match?.kept[i] === 1);
  }

  #select(i) {
    this.#selected = i;
    this.#reveal();
    this.#draw();
    this.#on.select(pathOf(this.#rows, i));
  }

  #reveal() {
    const at = this.#visible.indexOf(this.#selected);
    if (at < 0) return;
    const top = at * rowHeight;
    const lowest = top + rowHeight - this.root.clientHeight;
    if (top < this.root.scrollTop) this.root.scrollTop = top;
    else if (lowest > this.root.scrollTop) this.root.scrollTop = lowest;
  }

  #toggle(i, wanted) {
    if (wanted) this.#open.add(i);
    else this.#open.delete(i);
    this.#layOut();
  }

  #onClick(event) {
    const line = event.target instanceof Element ? event.target.closest('.line') : null;
    if (line === null) return;
    const i = Number(line.dataset.row);
    if (hasChildren(this.#rows, i)) this.#toggle(i, !this.#open.has(i));
    this.#select(i);
    if (!hasChildren(this.#rows, i)) this.#on.open(pathOf(this.#rows, i), false);
  }

  /** Keys that go up and down the lines; whether it was one. */
  #move(key) {
    const page = Math.max(1, Math.floor(this.root.clientHeight / rowHeight) - 1);
    const end = this.#visible.length;
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -end, End: end };
    const step = steps[key];
    if (step === undefined) return false;
    const to = Math.max(0, Math.min(end - 1, this.#visible.indexOf(this.#selected) + step));
    if (end > 0) this.#select(this.#visible[to]);
    return true;
  }

  /** Keys that open, close and show the selected line; whether it was one. */
  #act(key) {
    const i = this.#selected;
    if (i < 0) return false;
    const folder = hasChildren(this.#rows, i);
    if (key === 'ArrowRight') {
      if (folder && !this.#isOpen(i)) this.#toggle(i, true);
      else if (folder) this.#move('ArrowDown');
    } else if (key === 'ArrowLeft') {
      const parent = parentOf(this.#rows, i);
      if (folder && this.#open.has(i)) this.#toggle(i, false);
      else if (parent >= 0) this.#select(parent);
    } else if (key === 'Enter' || key === ' ') {
      if (folder) this.#toggle(i, !this.#open.has(i));
      else this.#on.open(pathOf(this.#rows, i), key === 'Enter');
    } else {
      return false;
    }
    return true;
  }
}
