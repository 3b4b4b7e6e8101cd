/** A socket of the daemon on the host that hands what arrives on to a container. */
export interface PortListener {
  /** The port that it got, where 0 was asked. */
  readonly hostPort: number;
  /** Ends it and everything that goes through it. Idempotent. */
  close(): Promise<void>;
}

export interface ListenRequest {
  hostAddress: string;
  /** 0: any free one. */
  hostPort: number;
  /** Null while the container cannot be reached: whoever calls is refused. */
  target(): { address: string; port: number } | null;
}
