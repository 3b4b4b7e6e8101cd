/** Docker Engine API, https://docs.docker.com/reference/api/engine/version/v1.51/ */
export const API_VERSION = '1.51';
export const MIN_API_VERSION = '1.24';
