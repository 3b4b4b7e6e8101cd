import type { Command } from '../command.ts';

export const showLogCommand: Command = {
  id: 'strata.showLog',
  run: async (deps) => deps.log.show(),
};
