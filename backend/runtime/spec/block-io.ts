import type { LinuxResources } from '../../oci/runtime-spec.ts';
import type { ResourceInput } from './spec-input.ts';

type BlockIo = NonNullable<LinuxResources['blockIO']>;

/** Weights and speed limits of block devices. */
export function blockIoOf(input: ResourceInput): BlockIo {
  const result: BlockIo = {};
  if (input.blkioWeight > 0) result.weight = input.blkioWeight;
  if (input.blkioWeightDevice.length > 0)
    result.weightDevice = input.blkioWeightDevice.map(({ path: _path, ...device }) => device);
  for (const [name, devices] of limitsOf(input))
    if (devices.length > 0) result[name] = devices.map(({ path: _path, ...device }) => device);
  return result;
}

type Throttle =
  | 'throttleReadBpsDevice'
  | 'throttleWriteBpsDevice'
  | 'throttleReadIOPSDevice'
  | 'throttleWriteIOPSDevice';

function limitsOf(input: ResourceInput): [Throttle, ResourceInput['blkioDeviceReadBps']][] {
  return [
    ['throttleReadBpsDevice', input.blkioDeviceReadBps],
    ['throttleWriteBpsDevice', input.blkioDeviceWriteBps],
    ['throttleReadIOPSDevice', input.blkioDeviceReadIOps],
    ['throttleWriteIOPSDevice', input.blkioDeviceWriteIOps],
  ];
}
