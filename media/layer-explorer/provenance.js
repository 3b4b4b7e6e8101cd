import { el, hueOf, shown } from './dom.js';
import { bytes } from './rows.js';

const roleWords = {
  wins: 'wins',
  shadowed: 'hidden',
  whiteout: 'deletes',
  opaque: 'hides all',
  deleted: 'deleted',
};

/** Who has something to say about the selected path, the winner first, and why. */
export class Provenance {
  root = el('section', 'provenance');
  #path = el('h2', 'path');
  #verdict = el('p', 'verdict');
  #list = el('ol', 'providers');

  constructor() {
    this.root.setAttribute('aria-live', 'polite');
    this.root.append(this.#path, this.#verdict, this.#list);
    this.root.hidden = true;
  }

  /** Another path is selected; its list is on the way. */
  wait(path) {
    this.root.hidden = false;
    this.#path.textContent = shown(path);
  }

  fail(message) {
    this.#verdict.textContent = message;
    this.#list.replaceChildren();
  }

  show(provenance) {
    this.wait(provenance.path);
    this.#verdict.textContent = verdictOf(provenance);
    this.#list.replaceChildren(...provenance.providers.map(providerOf));
  }
}

function verdictOf({ exists, providers }) {
  if (!exists) return 'A process does not see this path at the top of the stack.';
  const hidden = providers.length - 1;
  if (hidden <= 0) return 'One layer gives it, nothing is hidden.';
  return `${hidden} other ${hidden === 1 ? 'version is' : 'versions are'} hidden below the one that a process sees.`;
}

function providerOf(provider) {
  const item = el('li', `provider role-${provider.role}`);
  const hue = provider.layer === null ? '' : ` ${hueOf(provider.layer)}`;
  item.append(
    el('span', `from${hue}`, placeOf(provider)),
    el('span', 'role', roleWords[provider.role] ?? provider.role),
    el('span', 'why', shown(provider.why)),
  );
  const { file } = provider;
  if (file !== null) item.append(el('span', 'facts', file.type === 'file' ? bytes(file.size) : file.type));
  if (provider.instruction !== '') item.title = shown(provider.instruction);
  return item;
}

function placeOf({ kind, layer }) {
  if (kind === 'mount') return 'mount';
  return kind === 'writable' ? 'writable' : String(layer);
}
