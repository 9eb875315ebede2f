//! The command line: arguments in, an exit code out. stdout carries data, stderr carries talk.

use std::{
    ffi::OsString,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

mod args;
mod filters;
mod report;

use args::{Arguments, Command};

use crate::command::{self, Answer, Context};

/// Runs the program with the arguments it was started with.
pub fn run() -> ExitCode {
    let arguments = match parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(error) => {
            let help = !error.use_stderr();
            // Without a stream to print on there is nothing left to say.
            let _ = error.print();
            return ExitCode::from(if help { 0 } else { 2 });
        }
    };
    match carry_out(arguments) {
        Ok(answer) => {
            let mut out = io::stdout().lock();
            let written = out
                .write_all(answer.text.as_bytes())
                .and_then(|()| out.flush());
            match written {
                Ok(()) => ExitCode::from(answer.code),
                // `muster status | head` is no failure of ours.
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                    ExitCode::from(answer.code)
                }
                Err(_) => ExitCode::from(2),
            }
        }
        Err(error) => {
            let _ = report::error(&mut io::stderr().lock(), &error);
            ExitCode::from(2)
        }
    }
}

fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(arguments)
}

fn carry_out(arguments: Arguments) -> anyhow::Result<Answer> {
    let context = Context::new(arguments.data_dir)?;
    match arguments.command {
        None => command::home::home(&context),
        Some(Command::Demo(demo)) => embedded(&context, demo),
        Some(Command::Connect(connect)) => command::connect::connect(&context, connection(connect)),
        Some(Command::Connections(connections)) => {
            command::connections::connections(&context, connections.json)
        }
        Some(Command::Disconnect(disconnect)) => {
            command::connections::disconnect(&context, &disconnect.org)
        }
        Some(Command::Snapshot(snapshot)) => {
            command::snapshot::snapshot(&context, &reading(snapshot))
        }
        Some(Command::Review(review)) => command::review::review(
            &context,
            command::review::Options {
                name: review.name,
                plain: review.plain,
                read_only: review.read_only,
                exceptions: exceptions(review.exceptions),
            },
        ),
        Some(Command::Status(status)) => {
            command::status::status(&context, &status.name, status.json)
        }
        Some(Command::Decide(decide)) => {
            let options = deciding(&context, decide)?;
            command::decide::decide(&context, &options)
        }
        Some(Command::Views(views)) => command::views::views(
            &context,
            &command::views::Options {
                review: views.review,
                json: views.json,
            },
        ),
        Some(Command::Check(check)) => command::check::check(
            &context,
            &command::check::Options {
                name: check.name,
                waive: check.waive.zip(check.reason),
                items: check.items,
                json: check.json,
            },
        ),
        Some(Command::Seal(seal)) => command::seal::seal(&context, &sealing(seal)),
        Some(Command::Approve(approve)) => {
            let approve = *approve;
            let token = approve.token.token_stdin || approve.token.token_command.is_some();
            if token && !approve.refetch {
                return Err(command::failure(
                    "a token is used only to read the organization again",
                    "add --refetch, or leave the token out",
                ));
            }
            command::approve::approve(&context, &approving(approve))
        }
        Some(Command::Policy(policy)) => command::policy::policy(
            &context,
            &command::policy::Options {
                file: policy.file,
                default: policy.default,
            },
        ),
        Some(Command::Verify(verify)) => command::verify::verify(&judging(verify)),
        Some(Command::Disclose(disclose)) => command::disclose::disclose(&disclosed(disclose)),
        Some(Command::Export(export)) => command::export::export(&exported(&context, export)?),
        Some(Command::Sample(sample)) => command::sample::sample(&drawn(sample)),
        Some(Command::Show(show)) => command::show::show(&command::show::Options {
            record: show.record,
            item: show.item,
            allowed_signers: show.allowed_signers,
            json: show.json,
        }),
        Some(Command::Diff(diff)) => command::diff::diff(&context, &compared(*diff)),
        Some(Command::Log(log)) => command::log::log(&context, &told(log)),
        Some(Command::Replay(replay)) => command::replay::replay(&context, &replayed(replay)),
    }
}

fn embedded(context: &Context, demo: args::Demo) -> anyhow::Result<Answer> {
    let size = match demo.size {
        args::Size::S => command::demo::Size::S,
        args::Size::M => command::demo::Size::M,
        args::Size::L => command::demo::Size::L,
    };
    if demo.serve {
        return command::demo::serve(size, demo.port);
    }
    command::demo::demo(
        context,
        &command::demo::Options {
            size,
            fresh: demo.fresh || demo.policy.is_some(),
            plain: demo.plain,
            previous: command::previous::Options {
                record: demo.previous,
                allowed_signers: demo.allowed_signers,
            },
            policy: demo.policy,
        },
    )
}

fn deciding(context: &Context, decide: args::Decide) -> anyhow::Result<command::decide::Options> {
    Ok(command::decide::Options {
        change: change(&decide.verb),
        name: decide.name,
        filter: command::views::filter(context, decide.filter, decide.view.as_deref())?,
        reason: decide.reason,
        redecide: decide.redecide,
        expect: decide.expect,
        dry_run: decide.dry_run,
        json: decide.json,
        exceptions: exceptions(decide.exceptions),
    })
}

fn key(with: args::With) -> command::seal::Key {
    use command::seal::Key;
    match (with.key, with.agent, with.new_key) {
        (Some(file), ..) => Key::File(file),
        (_, Some(fingerprint), _) if fingerprint.is_empty() => Key::Agent(None),
        (_, Some(fingerprint), _) => Key::Agent(Some(fingerprint)),
        (_, _, true) => Key::New,
        _ => Key::Usual,
    }
}

fn approving(approve: args::auditor::Approve) -> command::approve::Options {
    command::approve::Options {
        record: approve.record,
        principal: approve.principal,
        passphrase_stdin: approve.with.passphrase_stdin,
        key: key(approve.with),
        allowed_signers: approve.allowed_signers,
        statement: approve.statement,
        sums: approve.sums,
        unknown_signer: approve.unknown_signer,
        again: approve.refetch.then(|| command::live::Options {
            organization: approve.org,
            source: source(approve.token),
            ca_file: approve.ca_file,
            concurrency: usize::from(approve.concurrency),
        }),
        json: approve.json,
    }
}

fn sealing(seal: args::Seal) -> command::seal::Options {
    command::seal::Options {
        name: seal.name,
        principal: seal.principal,
        passphrase_stdin: seal.with.passphrase_stdin,
        key: key(seal.with),
        out: seal.out,
        undecided_reason: seal.allow_undecided,
        attest: seal.attest,
        json: seal.json,
    }
}

fn judging(verify: args::Verify) -> command::verify::Options {
    use crate::command::verify::Level;
    command::verify::Options {
        records: verify.records,
        level: match (verify.quick, verify.deep) {
            (true, _) => Level::Quick,
            (_, true) => Level::Deep,
            _ => Level::Usual,
        },
        allowed_signers: verify.allowed_signers,
        revoked_keys: verify.revoked_keys,
        at: verify.at,
        html: verify.html,
        json: verify.json,
    }
}

fn disclosed(disclose: args::auditor::Disclose) -> command::disclose::Options {
    command::disclose::Options {
        record: disclose.record,
        items: disclose.item,
        out: disclose.out,
        without_names: disclose.without_names,
        allowed_signers: disclose.allowed_signers,
        json: disclose.json,
    }
}

fn drawn(sample: args::auditor::Sample) -> command::sample::Options {
    command::sample::Options {
        record: sample.record,
        seed: sample.seed,
        size: sample.size,
        filter: sample.filter,
        by_risk: sample.stratify.is_some(),
        allowed_signers: sample.allowed_signers,
        json: sample.json,
    }
}

fn compared(diff: args::auditor::Diff) -> command::diff::Options {
    use args::auditor::DiffFormat;
    use command::diff::{Form, Newer};
    command::diff::Options {
        old: diff.old,
        newer: match diff.new {
            Some(new) => Newer::Kept(new),
            None => Newer::Live(command::live::Options {
                organization: diff.org,
                source: source(diff.token),
                ca_file: diff.ca_file,
                concurrency: usize::from(diff.concurrency),
            }),
        },
        allowed_signers: diff.allowed_signers,
        filter: diff.filter,
        form: match (diff.json, diff.text, diff.format) {
            (true, ..) | (.., Some(DiffFormat::Json)) => Some(Form::Json),
            (_, true, _) | (.., Some(DiffFormat::Text)) => Some(Form::Text),
            (.., Some(DiffFormat::Csv)) => Some(Form::Csv),
            (.., None) => None,
        },
        out: diff.out,
    }
}

fn replayed(replay: args::auditor::Replay) -> command::replay::Options {
    command::replay::Options {
        subject: replay.record,
        at: replay.at,
        events: replay.events,
        allowed_signers: replay.allowed_signers,
    }
}

fn told(log: args::auditor::Log) -> command::log::Options {
    let pair = |moments: Vec<String>| match <[String; 2]>::try_from(moments) {
        Ok([from, to]) => Some((from, to)),
        Err(_) => None,
    };
    command::log::Options {
        subject: log.record,
        at: log.at,
        item: log.item,
        events: log.events,
        diff: log.diff.and_then(pair),
        allowed_signers: log.allowed_signers,
        json: log.json,
    }
}

fn exported(
    context: &Context,
    export: args::auditor::Export,
) -> anyhow::Result<command::export::Options> {
    use args::auditor::ExportFormat;
    use command::export::{Format, Rows};
    Ok(command::export::Options {
        record: export.record,
        format: match export.format {
            ExportFormat::Csv => Format::Csv,
            ExportFormat::Xlsx => Format::Xlsx,
            ExportFormat::Html => Format::Html,
            ExportFormat::Json => Format::Json,
        },
        rows: match (export.revokes, export.events) {
            (true, _) => Rows::Revokes,
            (_, true) => Rows::Events,
            _ => Rows::Decisions,
        },
        out: export.out,
        filter: command::views::filter(context, export.filter, export.view.as_deref())?,
        allowed_signers: export.allowed_signers,
    })
}

fn connection(connect: args::Connect) -> command::connect::Options {
    command::connect::Options {
        organization: connect.org,
        source: source(connect.token),
        client_id: connect.client_id,
        client_secret_stdin: connect.client_secret_stdin,
        ca_file: connect.ca_file,
        plain: connect.plain,
        json: connect.json,
    }
}

fn source(token: args::Token) -> command::token::Source {
    command::token::Source {
        stdin: token.token_stdin,
        command: token.token_command,
    }
}

fn exceptions(exceptions: args::Exceptions) -> command::Exceptions {
    command::Exceptions {
        partial: exceptions.partial,
        self_review: exceptions.allow_self_review,
    }
}

fn reading(snapshot: args::Snapshot) -> command::snapshot::Options {
    command::snapshot::Options {
        name: snapshot.name,
        organization: snapshot.org,
        source: source(snapshot.token),
        reviewer: snapshot.reviewer,
        ca_file: snapshot.ca_file,
        concurrency: usize::from(snapshot.concurrency),
        fresh: snapshot.fresh,
        refresh: snapshot.refresh,
        scope: snapshot.scope,
        evidence: evidence(snapshot.evidence),
        policy: snapshot.policy,
        previous: command::previous::Options {
            record: snapshot.previous,
            allowed_signers: snapshot.allowed_signers,
        },
        json: snapshot.json,
    }
}

fn evidence(kept: args::Evidence) -> crate::domain::provenance::Evidence {
    use crate::domain::provenance::Evidence;
    match kept {
        args::Evidence::Full => Evidence::Full,
        args::Evidence::Hashes => Evidence::Hashes,
        args::Evidence::None => Evidence::None,
    }
}

fn change(verb: &args::Verb) -> crate::domain::decision::Change {
    use crate::domain::decision::{Change, Decision};
    match verb {
        args::Verb { keep: true, .. }
        | args::Verb {
            as_before: true, ..
        } => Change::Decide(Decision::Keep),
        args::Verb { revoke: true, .. } => Change::Decide(Decision::Revoke),
        args::Verb {
            acknowledge: true, ..
        } => Change::Decide(Decision::Acknowledge),
        args::Verb { later: true, .. } => Change::Later,
        args::Verb { .. } => Change::Clear,
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_are_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_verb_is_needed_and_a_revoke_needs_a_reason() {
        let parse = |line: &str| parse(line.split(' ').map(OsString::from));
        assert!(parse("muster decide q4 --where x --keep").is_ok());
        assert!(parse("muster decide q4 --where x --revoke --reason left").is_ok());
        assert!(parse("muster decide q4 --as-before").is_ok());
        for line in [
            "muster decide q4 --where x",
            "muster decide q4 --where x --revoke",
            "muster decide q4 --where x --keep --clear",
            "muster decide q4 --keep",
            "muster decide q4 --where x --as-before",
            "muster decide q4 --where x --view y --keep",
            "muster decide q4 --view y --as-before",
            "muster decide q4 --as-before --redecide",
            "muster snapshot q4 --org acme --allowed-signers list",
            "muster seal q4",
            "muster seal q4 --principal a --new-key --agent",
            "muster demo --port 80",
            "muster connect acme --token-stdin --token-command pass",
            "muster connect acme --client-id a --token-stdin",
            "muster connect acme --client-secret-stdin",
            "muster connect acme --token t",
            "muster disconnect",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
