import { el } from './dom.js';

const views = [
  ['changes', 'Changes', 'Only what this layer added, changed and deleted'],
  ['tree', 'Whole Tree', 'Everything visible at this layer, with its changes marked'],
];

/** Above the tree: which view, the filter, and buttons. `on` has a function for each. */
export class Toolbar {
  root = el('div', 'toolbar');
  refresh;
  #buttons = new Map();

  constructor(on, filterText) {
    const segments = el('div', 'segments');
    segments.setAttribute('role', 'group');
    for (const [view, text, title] of views) {
      const button = el('button', '', text);
      button.title = title;
      button.addEventListener('click', () => on.view(view));
      this.#buttons.set(view, button);
      segments.append(button);
    }
    this.refresh = tool('↻', 'Look again at what the container wrote', on.refresh);
    this.root.append(
      segments,
      filterInput(on, filterText),
      tool('⊞', 'Expand all', () => on.openAll(true)),
      tool('⊟', 'Collapse all', () => on.openAll(false)),
      this.refresh,
    );
  }

  press(view) {
    for (const [name, button] of this.#buttons) button.setAttribute('aria-pressed', String(name === view));
  }
}

function filterInput(on, text) {
  const input = el('input', 'filter');
  input.type = 'search';
  input.placeholder = 'Filter: part of a path, or *.conf';
  input.setAttribute('aria-label', 'Filter files');
  input.spellcheck = false;
  input.value = text;
  input.addEventListener('input', () => on.filter(input.value));
  input.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') on.leave();
  });
  return input;
}

function tool(sign, title, run) {
  const button = el('button', 'tool', sign);
  button.title = title;
  button.setAttribute('aria-label', title);
  button.addEventListener('click', run);
  return button;
}
