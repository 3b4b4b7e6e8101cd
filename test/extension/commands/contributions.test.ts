import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { z } from 'zod';

const menuItem = z.object({ command: z.string(), when: z.string().optional() });
const manifestSchema = z.object({
  main: z.string(),
  icon: z.string(),
  activationEvents: z.array(z.string()),
  contributes: z.object({
    commands: z.array(z.object({ command: z.string(), title: z.string(), category: z.string() })),
    menus: z.record(z.string(), z.array(menuItem)),
    viewsContainers: z.object({ activitybar: z.array(z.object({ id: z.string(), icon: z.string() })) }),
    views: z.record(z.string(), z.array(z.object({ id: z.string(), icon: z.string() }))),
    viewsWelcome: z.array(z.object({ view: z.string(), contents: z.string() })),
    configuration: z.object({ properties: z.record(z.string(), z.object({ default: z.unknown() })) }),
  }),
});

const root = new URL('../../../', import.meta.url);
const manifest = manifestSchema.parse(JSON.parse(readFileSync(new URL('package.json', root), 'utf8')));
const { contributes } = manifest;
const contributed = contributes.commands.map(({ command }) => command);

describe('what package.json contributes', () => {
  let registered: string[];

  before(async () => {
    // Only the editor has the module `vscode`; the commands use it when they run, not when they load.
    const hooks = registerHooks({
      resolve: (specifier, context, next) =>
        specifier === 'vscode'
          ? { url: 'data:text/javascript,export{}', shortCircuit: true }
          : next(specifier, context),
    });
    try {
      const { allCommands } = await import('../../../extension/commands/all.ts');
      registered = allCommands.map(({ id }) => id);
    } finally {
      hooks.deregister();
    }
  });

  it('is every registered command, once, and no other', () => {
    assert.deepEqual(contributed.toSorted(), registered.toSorted());
    assert.equal(new Set(registered).size, registered.length);
  });

  it('puts only its own commands into menus and welcome texts', () => {
    const used = Object.values(contributes.menus).flatMap((items) => items.map(({ command }) => command));
    const linked = contributes.viewsWelcome.flatMap(({ contents }) =>
      Array.from(contents.matchAll(/\(command:([^)]+)\)/g), (match) => match[1] ?? ''),
    );
    for (const command of [...used, ...linked]) assert.ok(contributed.includes(command), command);
  });

  it('has every view that menus and welcome texts speak of', () => {
    const views = Object.values(contributes.views).flatMap((list) => list.map(({ id }) => id));
    const conditions = Object.values(contributes.menus).flatMap((items) =>
      items.map(({ when }) => when ?? ''),
    );
    const named = conditions.flatMap((when) =>
      Array.from(when.matchAll(/view == (\S+)/g), (match) => match[1]),
    );
    for (const view of [...named, ...contributes.viewsWelcome.map(({ view }) => view)]) {
      assert.ok(views.includes(view ?? ''), view);
    }
    assert.ok(contributes.viewsContainers.activitybar.some(({ id }) => id in contributes.views));
  });

  it('reaches every command of a container and an image from its context menu', () => {
    const menu = contributes.menus['view/item/context']?.map(({ command }) => command) ?? [];
    const wanted = contributed.filter((id) => /^strata\.(container|image)\./.test(id));
    for (const command of wanted) assert.ok(menu.includes(command), command);
  });

  it('names icons that exist', () => {
    const icons = [
      manifest.icon,
      ...contributes.viewsContainers.activitybar.map(({ icon }) => icon),
      ...Object.values(contributes.views).flatMap((list) => list.map(({ icon }) => icon)),
    ];
    for (const icon of icons) assert.ok(existsSync(new URL(icon, root)), icon);
  });

  it('keeps every setting under its own name', () => {
    for (const name of Object.keys(contributes.configuration.properties)) assert.match(name, /^strata\./);
  });
});
