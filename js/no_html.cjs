/** In the place of a cleaner of HTML: nothing that a page of ours shows is HTML. */
module.exports = () => {
  throw new Error('What is shown is text, never HTML.');
};
