'use client';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { SessionProvider, useTrackSection } from 'session-tracker/react';

const options = { endpoint: '/api/sessions' };

/** One session around all pages; the router's path is its section. */
export function Visit({ children }: { children: ReactNode }) {
  return (
    <SessionProvider options={options}>
      <Sections />
      {children}
    </SessionProvider>
  );
}

function Sections() {
  useTrackSection(usePathname());
  return null;
}
