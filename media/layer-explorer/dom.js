/** An element with classes and text. Text only: names come from images, and none of them is markup. */
export function el(tag, className = '', text = '') {
  const element = document.createElement(tag);
  if (className !== '') element.className = className;
  if (text !== '') element.textContent = text;
  return element;
}

/** Control characters and marks that turn the reading direction are made visible in names. */
export function shown(name) {
  return name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    return `\\u${char.codePointAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** The hue of a layer: six that every theme has; a neighbour never has the same. */
export function hueOf(position) {
  return `hue-${position % 6}`;
}
