import type { EngineEvent } from '../../engine/events/event-log.ts';

/** A line of GET /events. `time` is seconds, `timeNano` nanoseconds (beyond 2^53: written by hand, not by JSON.stringify). */
export function eventLine({ type, action, actor, time }: EngineEvent): string {
  const seconds = time / 1_000_000_000n;
  const legacy =
    type === 'container'
      ? { status: action, id: actor.id, from: actor.attributes['image'] ?? '' }
      : type === 'image'
        ? { status: action, id: actor.id }
        : {};
  const body = JSON.stringify({
    ...legacy,
    Type: type,
    Action: action,
    Actor: { ID: actor.id, Attributes: actor.attributes },
    scope: 'local',
  });
  return `${body.slice(0, -1)},"time":${seconds},"timeNano":${time}}\n`;
}
