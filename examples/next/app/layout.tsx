import type { ReactNode } from 'react';
import { Visit } from './visit';

export const metadata = { title: 'A shop', icons: { icon: 'data:,' } };

export default function Layout({ children }: { children: ReactNode }) {
  return (
    <html lang="en">
      <body>
        <Visit>{children}</Visit>
      </body>
    </html>
  );
}
