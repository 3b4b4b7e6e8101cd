import { invalidArgument } from '../../base/errors.ts';

const LAST_PORT = 65_535;

/** `80`, `80/udp`, `8000-8010/tcp` ; tcp where no protocol is named. @throws invalid-argument */
export function portFilter(filter: string, value: string): (port: string) => boolean {
  const [, first = '', last = first, protocol = 'tcp'] =
    /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(tcp|udp|sctp))?$/i.exec(value) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === '' || from > to || to > LAST_PORT)
    throw invalidArgument(
      `invalid filter '${filter}=${value}': expected <port>[/<proto>] or <startport-endport>/[<proto>]`,
    );
  return (port) => {
    const [number = '', kind = 'tcp'] = port.split('/');
    return kind === protocol.toLowerCase() && Number(number) >= from && Number(number) <= to;
  };
}
