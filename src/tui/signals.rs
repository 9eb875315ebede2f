//! Signals as messages, while the screens run. Before and after, each does what it does to any program.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// What the system or a person outside asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signal {
    /// End: the number of TERM, HUP, INT or QUIT.
    End(i32),
    /// Stop until continued.
    Suspend,
    /// The process was stopped and goes on.
    Continued,
}

/// Whether another program has the terminal: keys such as `^C` are then meant for it.
static LENT: AtomicBool = AtomicBool::new(false);

/// Tells whether another program has the terminal.
pub(super) fn lend(lent: bool) {
    LENT.store(lent, Ordering::SeqCst);
}

/// Signals arrive here until this goes.
pub(crate) struct Signals {
    pub(crate) receiver: UnboundedReceiver<Signal>,
    #[cfg(unix)]
    handle: signal_hook::iterator::Handle,
}

#[cfg(unix)]
mod unix {
    use std::sync::{Arc, LazyLock};

    use signal_hook::{
        consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP},
        flag, low_level,
    };

    use super::{AtomicBool, LENT, Ordering, Signal, Signals, io, unbounded_channel};
    use crate::tui::terminal;

    const HANDLED: [i32; 5] = [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGTSTP];

    /// Whether signals do what they do to any program. A handler, once installed, cannot be taken away.
    static DEFAULT: LazyLock<Arc<AtomicBool>> = LazyLock::new(|| Arc::new(AtomicBool::new(true)));

    impl Signals {
        /// Begins to take signals.
        ///
        /// A second request to end, while the first is not yet obeyed, ends the process at once.
        ///
        /// # Errors
        /// When the system refuses.
        pub(crate) fn start() -> io::Result<Self> {
            static ONCE: std::sync::OnceLock<()> = std::sync::OnceLock::new();
            // Registered first, so that it runs first: a signal that is taken below may be obeyed, and the default
            // restored, before its handler has returned.
            if ONCE.set(()).is_ok() {
                for signal in HANDLED {
                    flag::register_conditional_default(signal, Arc::clone(&DEFAULT))?;
                }
            }
            let mut signals =
                signal_hook::iterator::Signals::new(HANDLED.into_iter().chain([SIGCONT]))?;
            DEFAULT.store(false, Ordering::SeqCst);
            let handle = signals.handle();
            let (sender, receiver) = unbounded_channel();
            std::thread::Builder::new()
                .name("signals".to_owned())
                .spawn(move || {
                    let mut ending = false;
                    for signal in &mut signals {
                        let told = match signal {
                            SIGTSTP => sender.send(Signal::Suspend),
                            SIGCONT => sender.send(Signal::Continued),
                            SIGINT | SIGQUIT if LENT.load(Ordering::SeqCst) => continue,
                            _ if std::mem::replace(&mut ending, true) => {
                                terminal::try_give_back();
                                let _ = low_level::emulate_default_handler(signal);
                                return;
                            }
                            _ => sender.send(Signal::End(signal)),
                        };
                        if told.is_err() {
                            return;
                        }
                    }
                })?;
            Ok(Self { receiver, handle })
        }
    }

    impl Drop for Signals {
        fn drop(&mut self) {
            DEFAULT.store(true, Ordering::SeqCst);
            self.handle.close();
        }
    }
}

#[cfg(not(unix))]
impl Signals {
    /// There are none to take.
    ///
    /// # Errors
    /// Never.
    pub(crate) fn start() -> io::Result<Self> {
        let (sender, receiver) = unbounded_channel();
        // Kept for ever, so that the receiver waits.
        std::mem::forget(sender);
        Ok(Self { receiver })
    }
}
