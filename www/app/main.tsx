/*
 * A small shop in React, as an application would have it: a guard at the door, one session around everything behind it, pages that are sections,
 * a button that is an event, and a page with the person's own figures. It runs in StrictMode, which mounts everything twice.
 */
import { StrictMode, useState, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { hashPath, pathToSection } from 'session-tracker';
import { SessionProvider, useSession, useTrackSection } from 'session-tracker/react';
import { Dashboard } from './dashboard';
import { Guard, type Profile } from './guard';
import { PAGES, usePath } from './pages';
import { Shop } from './shop';

function App() {
  // Another person is another session: the key makes the provider start anew.
  return <Guard>{(profile, leave) => <Visit key={profile.userId} profile={profile}><Frame profile={profile} leave={leave} /></Visit>}</Guard>;
}

function Visit({ profile: { userId }, children }: { profile: Profile; children: ReactNode }) {
  const [options] = useState(() => ({ endpoint: '/api/sessions', userId, section: pathToSection(hashPath()), platform: 'react', flushSeconds: 1 }));
  return <SessionProvider options={options}>{children}</SessionProvider>;
}

function Frame({ profile, leave }: { profile: Profile; leave: () => void }) {
  const path = usePath();
  const { endSession } = useSession();
  useTrackSection(path);
  const signOut = async () => {
    await endSession('logout');
    leave();
  };
  return (
    <>
      <div className="bar">
        <nav className="tabs" aria-label="Shop">
          {PAGES.map((page) => <a key={page.path} href={`#${page.path}`} aria-current={page.path === path ? 'page' : undefined}>{page.name}</a>)}
        </nav>
        <p>
          <span className="soft">Signed in as</span> <strong>{profile.userId}</strong> <button type="button" className="quiet" onClick={() => void signOut()}>Sign out</button>
        </p>
      </div>
      {path === '/dashboard' ? <Dashboard /> : <Shop path={path} />}
    </>
  );
}

const root = document.getElementById('app');
if (root) createRoot(root).render(<StrictMode><App /></StrictMode>);
