import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fromPageSchema } from '../../../extension/layers/messages.ts';
import { pageHtml } from '../../../extension/layers/page-html.ts';

const assets = new URL('../../../media/layer-explorer/', import.meta.url);

describe('the page of the layer explorer', () => {
  const parts = {
    cspSource: 'https://assets.example',
    script: 'https://a/main.js',
    style: 'https://a/style.css',
  };

  it('loads nothing but its own style and the one script with the nonce', () => {
    const html = pageHtml(parts);
    const nonce = /nonce="([^"]+)"/.exec(html)?.[1] ?? '';
    assert.ok(nonce.length >= 20);
    assert.ok(
      html.includes(`default-src 'none'; script-src 'nonce-${nonce}'; style-src https://assets.example"`),
    );
    assert.doesNotMatch(html, /unsafe|<style|onload/);
  });

  it('has a new nonce every time', () => {
    assert.notEqual(pageHtml(parts), pageHtml(parts));
  });

  it('never turns text into markup', () => {
    for (const name of readdirSync(assets).filter((file) => file.endsWith('.js'))) {
      const source = readFileSync(new URL(name, assets), 'utf8');
      assert.doesNotMatch(source, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/, name);
    }
  });

  it('takes only messages of the known shapes', () => {
    const good = { type: 'open', path: '/etc/passwd', position: 0, focus: true };
    assert.equal(fromPageSchema.safeParse(good).success, true);
    for (const bad of [
      { ...good, position: -1 },
      { ...good, position: 0.5 },
      { ...good, path: 'etc/passwd' },
      { ...good, path: `/${'x'.repeat(10_000)}` },
      { type: 'rows', position: 0, view: 'everything' },
      { type: 'execute', command: 'x' },
      'ready',
      null,
    ]) {
      assert.equal(fromPageSchema.safeParse(bad).success, false, JSON.stringify(bad)?.slice(0, 80));
    }
  });
});
