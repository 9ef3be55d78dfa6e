/*
 * The guard: nobody comes in without a profile, and nothing of the tracker runs before. A real application signs people in here and gives the
 * tracker `getToken`; this one believes whoever the person says they are, as its server does.
 */
import { useState, type FormEvent, type ReactNode } from 'react';

export interface Profile {
  readonly userId: string;
}

/** A reload is not a departure. */
const KEPT_AT = 'shop:profile';

/** Shows what is inside to whoever has signed in, and the door to everybody else. */
export function Guard({ children }: { children: (profile: Profile, leave: () => void) => ReactNode }) {
  const [userId, setUserId] = useState(() => sessionStorage.getItem(KEPT_AT));
  const enter = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get('name')).trim();
    if (!name) return;
    sessionStorage.setItem(KEPT_AT, name);
    setUserId(name);
  };
  const leave = () => {
    sessionStorage.removeItem(KEPT_AT);
    setUserId(null);
  };
  if (userId) return children({ userId }, leave);
  return (
    <form className="card" onSubmit={enter}>
      <h2>Sign in</h2>
      <p>Any name will do: this demonstration believes it. Nothing is tracked before you have signed in.</p>
      <label>Your name<input name="name" required maxLength={100} autoComplete="username" /></label>
      <div><button type="submit">Sign in</button></div>
    </form>
  );
}
