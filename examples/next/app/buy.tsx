'use client';
import { useLogEvent, useSessionState } from 'session-tracker/react';

export function Buy({ plan }: { plan: string }) {
  const logEvent = useLogEvent();
  const status = useSessionState((state) => state.status);
  return (
    <p>
      <button onClick={() => logEvent('button_click', { name: 'buy', plan })}>Buy</button> <output>{status}</output>
    </p>
  );
}
