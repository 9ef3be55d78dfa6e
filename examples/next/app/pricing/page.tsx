import { Buy } from '../buy';

export default function Pricing() {
  return (
    <main>
      <h1>Prices</h1>
      <Buy plan="L" />
    </main>
  );
}
