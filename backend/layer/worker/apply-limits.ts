/** What a layer may cost at most. Beyond it the layer is refused with the name of the entry that went too far. */
export interface ApplyLimits {
  /** Bytes of the unpacked archive and of its files, holes counted. */
  maxBytes: number;
  /** Names, directories that are only implied too. */
  maxEntries: number;
  /** Bytes of one extension header: PAX records, a long name, a sparse map. */
  maxHeaderBytes: number;
}

export const DEFAULT_LIMITS: ApplyLimits = {
  maxBytes: 128 * 2 ** 30,
  maxEntries: 2_000_000,
  maxHeaderBytes: 2 ** 20,
};
