import { el, hueOf, shown } from './dom.js';
import { bytes } from './rows.js';

/** A layer's part of the column; it grows with its share of the whole. */
export function sliceOf(layer) {
  const slice = el('div', `slice ${hueOf(layer.position)}${layer.writable ? ' writable' : ''}`);
  slice.style.flexGrow = String(layer.share);
  slice.title = `Layer ${layer.position}: ${bytes(layer.size)}`;
  return slice;
}

/** A layer as text: what made it, how much it holds, and a meter against the largest one. */
export function cardOf(layer, largest) {
  const card = el('div', `card ${hueOf(layer.position)}${layer.writable ? ' writable' : ''}`);
  card.id = `layer-${layer.position}`;
  card.setAttribute('role', 'option');
  card.title = layer.writable ? 'What the container wrote' : shown(layer.instruction);
  const meter = el('div', 'meter');
  const fill = el('div', 'fill');
  fill.style.width = `${(layer.size / largest) * 100}%`;
  meter.append(fill);
  card.append(instructionOf(layer), factsOf(layer), meter);
  return card;
}

function instructionOf(layer) {
  const line = el('div', 'instruction');
  if (layer.writable) {
    line.append(el('span', 'verb', 'WRITABLE'), el('span', 'quiet', 'what the container wrote'));
  } else if (layer.instruction === '') {
    line.append(el('span', 'quiet', 'the image does not tell what made it'));
  } else {
    if (layer.verb !== '') line.append(el('span', 'verb', layer.verb));
    line.append(el('span', '', shown(layer.instruction.slice(layer.verb.length).trim())));
  }
  return line;
}

function factsOf(layer) {
  const facts = el('div', 'facts');
  const entries = `${layer.files.toLocaleString('en')} ${layer.files === 1 ? 'entry' : 'entries'}`;
  facts.append(
    el('span', 'number', String(layer.position)),
    el('span', '', bytes(layer.size)),
    el('span', '', entries),
  );
  if (layer.digest !== '') {
    facts.append(el('span', 'digest', layer.digest.replace(/^sha256:/, '').slice(0, 12)));
  }
  return facts;
}
