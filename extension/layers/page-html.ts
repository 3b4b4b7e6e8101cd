import { randomBytes } from 'node:crypto';

export interface PageParts {
  /** `webview.cspSource`. */
  cspSource: string;
  script: string;
  style: string;
}

/**
 * The page of the layer explorer. Nothing may load but our own script (by nonce, which its imports
 * inherit) and style sheet; everything that comes from an image arrives by messages, as text.
 */
export function pageHtml({ cspSource, script, style }: PageParts): string {
  const nonce = randomBytes(16).toString('base64');
  const policy = `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${cspSource}`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="${style}">
<title>Layers</title>
</head>
<body>
<main id="app" aria-busy="true"></main>
<script type="module" nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}
