/** The resource server of the user pool; its scopes are `cpm/sync` and so on. */
export const RESOURCE_SERVER = 'cpm';

export type ScopeName = 'sync' | 'participate' | 'admin';
export type Scope = `${typeof RESOURCE_SERVER}/${ScopeName}`;

export const SCOPES: Readonly<Record<ScopeName, string>> = {
  sync: 'Message Storage Client: synchronize the own box',
  participate: 'Participating Function: deposit for any user',
  admin: 'Service provider: policies, boxes and devices',
};
