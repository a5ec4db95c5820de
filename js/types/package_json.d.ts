// The build reads the version from the one place that has it; only that field is typed.
declare module '*/package.json' {
  const data: { version: string };
  export default data;
}
