import { randomInt } from 'node:crypto';

const ADJECTIVES =
  'agile amber bold brave bright brisk calm clear clever cosy crisp deft eager early fair fleet fresh gentle glad golden happy honest humble jolly keen kind lively lucid lucky mellow merry mighty neat nimble noble polite proud quick quiet rapid ready sharp shiny silent smart snug steady sunny swift tidy vivid warm wise witty'.split(
    ' ',
  );
const NOUNS =
  'acorn anchor aspen badger beacon birch brook canyon cedar cliff cloud comet coral crane delta dune ember falcon fern finch fjord forest garnet geyser glacier grove harbor heron island ivy jasper juniper kestrel lagoon lark linnet lotus maple marlin marten meadow mesa moss nebula oak opal orchid osprey otter pebble pine plover prairie quartz raven reef ridge river robin shale sparrow spruce summit thistle tundra valley willow wren'.split(
    ' ',
  );

const pick = (words: readonly string[]): string => words[randomInt(words.length)] ?? 'strata';

/** A name such as `brisk_otter` that `taken` does not know yet. */
export function randomName(taken: (name: string) => boolean): string {
  for (let tries = 0; ; tries += 1) {
    const name = `${pick(ADJECTIVES)}_${pick(NOUNS)}${tries > 5 ? randomInt(10_000) : ''}`;
    if (!taken(name)) return name;
  }
}
