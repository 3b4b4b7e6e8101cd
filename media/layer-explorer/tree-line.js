import { el, hueOf, shown } from './dom.js';
import { bytes, hasChildren } from './rows.js';

const markWords = { A: 'added', M: 'modified', D: 'deleted' };

/** One line of the tree. `state`: { selected, open, match, showLayers }. */
export function lineOf(rows, i, state) {
  const mark = rows.marks[i].trim();
  const folder = hasChildren(rows, i);
  const element = el('div', 'line');
  if (mark !== '') element.classList.add(`mark-${mark}`);
  element.classList.toggle('selected', state.selected);
  element.id = `row-${i}`;
  element.dataset.row = String(i);
  describe(element, rows, i, state, folder, mark);

  const indent = el('span', 'indent');
  indent.style.width = `${rows.depths[i] * 14}px`;
  const twisty = el('span', folder ? 'twisty' : 'twisty none');
  twisty.classList.toggle('open', state.open);
  const detail = el('span', 'detail', shown(rows.details[rows.detailOf[i]]));
  const below = mark === '' && rows.changed[i] > 0 ? rows.changed[i].toLocaleString('en') : '';
  element.append(indent, twisty, labelOf(rows, i, state.match), detail, el('span', 'count', below));
  if (state.showLayers) element.append(layerOf(rows, i));
  const size = rows.types[i] === 'f' || folder ? bytes(rows.sizes[i]) : '';
  element.append(el('span', 'size', size), el('span', 'mark', mark));
  return element;
}

function describe(element, rows, i, state, folder, mark) {
  const words = [shown(rows.names[i]), markWords[mark] ?? '', bytes(rows.sizes[i])];
  element.setAttribute('role', 'treeitem');
  element.setAttribute('aria-level', String(rows.depths[i] + 1));
  element.setAttribute('aria-selected', String(state.selected));
  element.setAttribute('aria-label', words.filter((word) => word !== '').join(', '));
  if (folder) element.setAttribute('aria-expanded', String(state.open));
}

function labelOf(rows, i, match) {
  const type = rows.types[i];
  const slash = type === 'd' || type === 'i' ? '/' : '';
  const label = el('span', `name type-${type}`, shown(rows.names[i]) + slash);
  label.classList.toggle('match', match);
  return label;
}

/** Which layer gives the entry, in that layer's colour. */
function layerOf(rows, i) {
  const position = rows.layers[i];
  const known = rows.types[i] !== 'i';
  const from = el('span', `from ${hueOf(position)}`, known ? String(position) : '');
  if (known) from.title = `given by layer ${position}`;
  return from;
}
