import { el } from './dom.js';
import { keep, kept, send } from './host.js';
import { Provenance } from './provenance.js';
import { bytes } from './rows.js';
import { Stack } from './stack.js';
import { Toolbar } from './toolbar.js';
import { Tree } from './tree.js';

const app = document.getElementById('app');
const stack = new Stack((position) => {
  keep({ position });
  askForRows();
});
const tree = new Tree({
  select: follow,
  open: (path, focus) => send({ type: 'open', path, position: kept.position, focus }),
});
const toolbar = new Toolbar(
  {
    view: (view) => {
      keep({ view });
      askForRows();
    },
    filter: (filter) => {
      keep({ filter });
      tree.filter(filter);
      tell();
    },
    leave: () => tree.root.focus(),
    openAll: (wanted) => tree.openAll(wanted),
    refresh: () => send({ type: 'refresh' }),
  },
  kept.filter,
);
// Nothing is selected as text in the tree: its copy is the path of the selected line.
tree.root.addEventListener('keydown', (event) => {
  const copies = (event.ctrlKey || event.metaKey) && event.key === 'c';
  if (copies && kept.path !== undefined) send({ type: 'copy', text: kept.path });
});
const provenance = new Provenance();
const status = el('div', 'status');
status.setAttribute('role', 'status');
const files = el('section', 'files');
files.append(toolbar.root, status, tree.root, provenance.root);
app.append(stack.root, files);

function askForRows() {
  toolbar.press(kept.view);
  status.textContent = 'Reading the layer…';
  send({ type: 'rows', position: kept.position, view: kept.view });
}

let following;
function follow(path) {
  keep({ path });
  provenance.wait(path);
  // Holding an arrow key down must not ask the engine for every line passed.
  clearTimeout(following);
  following = setTimeout(() => send({ type: 'provenance', path }), 80);
}

let counts;
/** The line above the tree: what the layer does, in numbers. */
function tell() {
  if (counts === undefined) return;
  const layer = stack.layer(kept.position);
  const words = [];
  for (const [count, word, letter] of [
    [counts.added, 'added', 'A'],
    [counts.modified, 'modified', 'M'],
    [counts.deleted, 'deleted', 'D'],
  ]) {
    if (count > 0) words.push(el('span', `mark-${letter}`, `${count.toLocaleString('en')} ${word}`));
  }
  const nothing = layer?.writable ? 'The container has written nothing.' : 'This layer changes no files.';
  if (words.length === 0) words.push(el('span', '', nothing));
  words.push(el('span', 'quiet', bytes(layer?.size ?? 0)));
  const found = tree.matches;
  if (found !== undefined) words.push(el('span', 'quiet', `${found.toLocaleString('en')} found`));
  status.replaceChildren(...words);
}

function showStack(message) {
  stack.show(message);
  app.removeAttribute('aria-busy');
  toolbar.refresh.hidden = !message.layers.some((layer) => layer.writable);
  // At first the topmost layer that holds anything: an image's last lines often only set its command.
  const full = message.layers.findLast((layer) => layer.files > 0) ?? message.layers.at(-1);
  const wanted = message.layers[message.select ?? kept.position ?? -1] ?? full;
  if (wanted !== undefined) stack.select(wanted.position);
}

function showRows(message) {
  // An answer to an earlier question, overtaken by a newer one.
  if (message.position !== kept.position || message.view !== kept.view) return;
  counts = message.counts;
  const { path, filter } = kept;
  tree.show(message.rows, { showLayers: message.view === 'tree', path, filter });
  tell();
}

function showFailure({ what, message }) {
  if (what === 'provenance') {
    provenance.fail(message);
    return;
  }
  tree.clear();
  counts = undefined;
  status.replaceChildren(el('span', 'failed', message));
}

window.addEventListener('message', ({ data }) => {
  if (data.type === 'stack') showStack(data);
  else if (data.type === 'rows') showRows(data);
  else if (data.type === 'failed') showFailure(data);
  else if (data.type === 'provenance' && data.provenance.path === kept.path) provenance.show(data.provenance);
});
send({ type: 'ready' });
if (kept.path !== undefined) follow(kept.path);
