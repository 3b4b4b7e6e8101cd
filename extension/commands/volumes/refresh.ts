import type { Command } from '../command.ts';

export const refreshVolumesCommand: Command = {
  id: 'strata.volume.refresh',
  async run({ volumeFiles }) {
    volumeFiles.refresh();
  },
};
