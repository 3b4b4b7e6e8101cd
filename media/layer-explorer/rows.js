/**
 * The file tree as columns (see extension/model/pack-rows.ts): which rows are visible with these
 * directories open and this filter. Pure, so that the tests run it without a page.
 */

/** Whether a row has others below it. */
export function hasChildren(rows, i) {
  return rows.ends[i] > i + 1;
}

/** The absolute path of a row: rows are in depth-first order, so its ancestors stand before it. */
export function pathOf(rows, i) {
  const names = [rows.names[i]];
  let depth = rows.depths[i];
  for (let k = i - 1; depth > 0 && k >= 0; k -= 1) {
    if (rows.depths[k] === depth - 1) {
      names.push(rows.names[k]);
      depth -= 1;
    }
  }
  return `/${names.reverse().join('/')}`;
}

/** The row that contains this one, -1 at the root. */
export function parentOf(rows, i) {
  const depth = rows.depths[i];
  for (let k = i - 1; k >= 0; k -= 1) if (rows.depths[k] < depth) return k;
  return -1;
}

/** The row of an absolute path, -1 where there is none. */
export function rowOfPath(rows, path) {
  const names = path.split('/').filter((name) => name !== '');
  let from = 0;
  let to = rows.names.length;
  let found = -1;
  for (const name of names) {
    found = -1;
    for (let i = from; i < to; i = rows.ends[i]) {
      if (rows.names[i] === name) {
        found = i;
        break;
      }
    }
    if (found < 0) return -1;
    from = found + 1;
    to = rows.ends[found];
  }
  return found;
}

/**
 * A test of (name, path) for what the user typed: a part of the path, or a glob (`*.so`,
 * `/etc/**`, `lib?.a`) where it has `*` or `?`. A glob without a slash is about the name alone.
 * undefined for an empty filter.
 */
export function filterOf(text) {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return undefined;
  if (!/[*?]/.test(wanted)) return (_name, path) => path.toLowerCase().includes(wanted);
  const whole = globPattern(wanted);
  if (!wanted.includes('/')) return (name) => whole.test(name.toLowerCase());
  const anchored = wanted.startsWith('/') ? whole : globPattern(`**/${wanted}`);
  return (_name, path) => anchored.test(path.toLowerCase());
}

function globPattern(glob) {
  const source = glob.replace(/\*\*\/|\*\*|\*|\?|[\\^$.|+()[\]{}]/g, (part) => {
    if (part === '**/') return '(?:.*/)?';
    if (part === '**') return '.*';
    if (part === '*') return '[^/]*';
    if (part === '?') return '[^/]';
    return `\\${part}`;
  });
  return new RegExp(`^${source}$`, 'su');
}

/** Marks the rows that match, and everything above them: 2 for a match, 1 for its ancestors, 0 for the rest. */
export function matchRows(rows, filter) {
  const kept = new Uint8Array(rows.names.length);
  const above = [];
  const paths = [];
  let matches = 0;
  for (let i = 0; i < rows.names.length; i += 1) {
    const depth = rows.depths[i];
    above.length = depth;
    above[depth] = i;
    paths[depth] = `${depth === 0 ? '' : paths[depth - 1]}/${rows.names[i]}`;
    if (!filter(rows.names[i], paths[depth])) continue;
    kept[i] = 2;
    matches += 1;
    for (let d = depth - 1; d >= 0 && kept[above[d]] === 0; d -= 1) kept[above[d]] = 1;
  }
  return { kept, matches };
}

/**
 * The visible rows in order. `isOpen` tells for a directory whether it is open; with a filter the
 * ancestors of matches are open whatever it says.
 */
export function visibleRows(rows, isOpen, kept) {
  const visible = [];
  for (let i = 0; i < rows.names.length; ) {
    if (kept !== undefined && kept[i] === 0) {
      i = rows.ends[i];
      continue;
    }
    visible.push(i);
    const enter = kept?.[i] === 1 || isOpen(i);
    i = enter ? i + 1 : rows.ends[i];
  }
  return visible;
}

/** Which directories stand open at first: everything of a small tree, else the upper levels as far as they are few. */
export function firstOpen(rows, most = 60) {
  const open = new Set();
  if (rows.names.length <= most * 3) {
    for (let i = 0; i < rows.names.length; i += 1) if (hasChildren(rows, i)) open.add(i);
    return open;
  }
  for (let level = 0; level < 16; level += 1) {
    const next = new Set(open);
    for (let i = 0; i < rows.names.length; i += 1) {
      if (rows.depths[i] === level && hasChildren(rows, i)) next.add(i);
    }
    if (visibleRows(rows, (i) => next.has(i)).length > most) break;
    for (const i of next) open.add(i);
  }
  return open;
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** The same form as in the editor's views. */
export function bytes(size) {
  let value = size;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${units[unit]}`;
}
