/* A style sheet that the bundler takes along has nothing to import by name. */
declare module '*.css';
