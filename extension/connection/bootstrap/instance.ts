/**
 * Where one agent lives on its host. Several can live side by side on one machine; the tests use their own.
 * All paths are absolute and hold no spaces or quotes.
 */
export interface Instance {
  socket: string;
  dataRoot: string;
  runRoot: string;
  pidfile: string;
  log: string;
  /** Parts are installed as `<prefix>/<sha256>`. */
  prefix: string;
  /** Name of the systemd unit; `undefined` never uses systemd. */
  unit: string | undefined;
  /** Group that may use the socket; `undefined` leaves it to root. */
  group: string | undefined;
  /** Where uploads are put before root takes a copy; `undefined` is `~/.cache/strata`. */
  uploads: string | undefined;
  /** More arguments for `stratad serve`. */
  serveArguments: string[];
}

export const defaultInstance: Instance = {
  socket: '/run/strata/strata.sock',
  dataRoot: '/var/lib/strata',
  runRoot: '/run/strata',
  pidfile: '/run/strata/stratad.pid',
  log: '/var/log/stratad.log',
  prefix: '/opt/strata',
  unit: 'strata.service',
  group: 'strata',
  uploads: undefined,
  serveArguments: [],
};

/** For a POSIX shell: the text as one word, whatever it holds. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
