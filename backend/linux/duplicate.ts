import { syscall } from './libc.ts';

const F_DUPFD_CLOEXEC = 1030;
const fcntl = syscall('int fcntl(int fd, int command, long argument)');

/** A second descriptor for the same open file, not inherited by children. */
export const duplicate = (fd: number): number => fcntl(`duplicate ${fd}`, fd, F_DUPFD_CLOEXEC, 3);
