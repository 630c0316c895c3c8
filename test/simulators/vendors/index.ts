// The makers whose own interface a simulated recorder can have instead of Profile G.
import { dahua } from './dahua.ts';
import { hikvision } from './hikvision.ts';
import { uniview } from './uniview.ts';
import type { Vendor } from './vendor.ts';

export const vendors = { hikvision, dahua, uniview } as const satisfies Record<string, Vendor>;
export type VendorName = keyof typeof vendors;

export const vendorNames: VendorName[] = ['hikvision', 'dahua', 'uniview'];
