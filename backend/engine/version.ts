/** The engine's own version; the extension and the packages carry the same. */
export const VERSION = '0.1.0';
