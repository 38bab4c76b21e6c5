import { readFileSync } from 'node:fs';
import { POD_NAMESPACE_FILE } from '../config/index.ts';

/** The namespace of the pod that this process runs in, as the kubelet wrote it; null outside a pod. */
export function podNamespace(): string | null {
  try {
    return readFileSync(POD_NAMESPACE_FILE, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
