import Link from 'next/link';
import { Buy } from './buy';

/* A server component: it imports nothing of the tracker, and the components that do are rendered on the server as well. */
export default function Page() {
  return (
    <main>
      <h1>A shop</h1>
      <Buy plan="M" />
      <Link href="/pricing">Prices</Link>
    </main>
  );
}
