import { debianLayer } from './debian.ts';
import type { ImageSource } from './oci-layout.ts';
import { directory, file, tarOf } from './tar-layer.ts';

const BIN = '/usr/lib/postgresql/17/bin';

/** As the official image's: makes a cluster at the first start, with the password from a file, then becomes the server. */
const ENTRYPOINT = `#!/bin/sh
set -e
if [ "$1" = postgres ]; then
  mkdir -p "$PGDATA"
  chown -R postgres:postgres "$PGDATA"
  chmod 700 "$PGDATA"
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    install -m 600 -o postgres "\${POSTGRES_PASSWORD_FILE:?}" /tmp/password
    setpriv --reuid=postgres --regid=postgres --init-groups initdb -A scram-sha-256 --pwfile=/tmp/password --locale=C -E UTF8 >/dev/null
    rm /tmp/password
    echo "host all all all scram-sha-256" >>"$PGDATA/pg_hba.conf"
    echo "listen_addresses = '*'" >>"$PGDATA/postgresql.conf"
    echo "unix_socket_directories = '/tmp'" >>"$PGDATA/postgresql.conf"
  fi
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$@"
fi
exec "$@"
`;

/** PostgreSQL from Debian's package. Its data lies in an anonymous volume where nobody names one. */
export async function postgresImage(): Promise<ImageSource> {
  const entrypoint = {
    instruction: 'COPY docker-entrypoint.sh /usr/local/bin/ # buildkit',
    tar: () =>
      tarOf([
        directory('usr'),
        directory('usr/local'),
        directory('usr/local/bin'),
        file('usr/local/bin/docker-entrypoint.sh', ENTRYPOINT, 0o755),
      ]),
  };
  return {
    layers: [await debianLayer(['postgresql']), entrypoint],
    config: {
      Env: [
        `PATH=${BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        'PGDATA=/data',
        'PGHOST=/tmp',
      ],
      Entrypoint: ['docker-entrypoint.sh'],
      Cmd: ['postgres'],
      ExposedPorts: { '5432/tcp': {} },
      Volumes: { '/data': {} },
      StopSignal: 'SIGINT',
    },
  };
}
